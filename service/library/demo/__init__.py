"""The demo: two dozen teachers of fictional schools, what they wrote, and its files. Everything is marked 示例."""

from service.library.demo.remove import remove
from service.library.demo.seed import seed

__all__ = ["remove", "seed"]
