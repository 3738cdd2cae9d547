"""Why a file gave nothing: each carries the sentence that the teacher reads."""

KEPT = "文件已妥善保存，可以下载。"
READ = "未能提取文字"
CONVERTED = "未能转换"
"""What was not done."""


class Unreadable(Exception):
    """The file is damaged, or is not what its form promises."""

    reason = f"文件已损坏或格式有误，{READ}。{KEPT}"


class Locked(Unreadable):
    """The file is encrypted, and nobody gave us the password."""

    reason = f"文件有密码保护，{READ}"


class TooLarge(Unreadable):
    """A member of the file unpacks to more than may be read."""

    reason = f"文件展开后过大，{READ}。{KEPT}"


class NotConverted(Unreadable):
    """The program that converts made nothing of the file."""

    reason = f"文件已损坏，或用了转换程序不认识的格式，{CONVERTED}。{KEPT}"


HUGE_PICTURE = f"图片尺寸过大，未能生成缩略图。{KEPT}"
BROKEN_PICTURE = f"图片已损坏或格式有误，未能生成缩略图。{KEPT}"


def out_of_memory(undone: str = READ) -> str:
    """What is said of a file that took more memory than it may."""
    return f"文件过大或过于复杂，在内存限额内{undone}。{KEPT}"


def crashed(undone: str = READ) -> str:
    """What is said of a file at which the program ended."""
    return f"文件已损坏或过于复杂，处理时程序中止，{undone}。{KEPT}"


def out_of_time(seconds: float, undone: str = READ) -> str:
    """What is said of a file that was not done within so many seconds."""
    return f"文件过于复杂，在 {seconds:g} 秒内{undone}。{KEPT}"
