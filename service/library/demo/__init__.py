"""The demo: two dozen teachers of fictional schools, what they wrote, and its files. Everything is marked 示例."""
