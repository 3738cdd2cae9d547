"""Why a file gave nothing: each carries the sentence that the teacher reads."""

KEPT = "文件已妥善保存，可以下载。"


class Unreadable(Exception):
    """The file is damaged, or is not what its form promises."""

    reason = f"文件已损坏或格式有误，未能提取文字。{KEPT}"


class Locked(Unreadable):
    """The file is encrypted, and nobody gave us the password."""

    reason = "文件有密码保护，未能提取文字"


class TooLarge(Unreadable):
    """A member of the file unpacks to more than may be read."""

    reason = f"文件展开后过大，未能提取文字。{KEPT}"


OUT_OF_MEMORY = f"文件过大或过于复杂，在内存限额内未能提取文字。{KEPT}"
CRASHED = f"文件已损坏或过于复杂，读取时程序中止，未能提取文字。{KEPT}"
HUGE_PICTURE = f"图片尺寸过大，未能生成缩略图。{KEPT}"
BROKEN_PICTURE = f"图片已损坏或格式有误，未能生成缩略图。{KEPT}"


def out_of_time(seconds: float) -> str:
    """What is said of a file that was not done within so many seconds."""
    return f"文件过于复杂，在 {seconds:g} 秒内未能提取文字。{KEPT}"
