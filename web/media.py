"""What teachers call a type of file."""

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
