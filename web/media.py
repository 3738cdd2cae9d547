"""What teachers call a type of file, and what is still being made of one."""

from collections.abc import Mapping
from typing import Any

from web.texts import gettext

_EXACT = {
    "application/pdf": "PDF",
    "application/msword": "Word 文档",
    "application/rtf": "RTF 文档",
    "application/vnd.ms-powerpoint": "PPT 课件",
    "application/vnd.ms-excel": "Excel 表格",
    "application/epub+zip": "电子书",
    "application/zip": "压缩包",
    "text/html": "网页",
    "text/csv": "表格",
    "text/markdown": "Markdown 文本",
    "text/vtt": "字幕",
    "application/x-subrip": "字幕",
}
_PARTS = (
    ("wordprocessing", "Word 文档"), ("presentation", "PPT 课件"), ("spreadsheet", "Excel 表格"), ("opendocument.text", "文档"),
    ("zip", "压缩包"), ("rar", "压缩包"), ("7z", "压缩包"), ("tar", "压缩包"), ("gzip", "压缩包"),
    ("image/", "图片"), ("video/", "视频"), ("audio/", "音频"), ("text/", "文本"),
)  # fmt: skip


def words(media_type: str) -> str:
    """Words for a media type; 文件 for what nobody knows."""
    exact = _EXACT.get(media_type)
    return exact or next((words for part, words in _PARTS if part in media_type), "文件")


def waits(file: Mapping[str, Any], conversion: Mapping[str, Any] | None) -> str:
    """What is still being made of a File of api.md, whose conversion (`conversions.of`) stands as it does; empty where
    nothing is."""
    if conversion and conversion["state"] in ("waiting", "running"):
        return gettext(
            "正在准备预览：{doing}（第 {n} 步，共 {m} 步）。可以先下载。",
            doing=gettext(conversion["doing"]), n=conversion["step"], m=conversion["steps"],
        )  # fmt: skip
    if file["state"] in ("pending", "processing"):
        return gettext("正在提取文字和预览，可以先下载。")
    return ""
