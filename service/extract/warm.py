"""What libraries put off until first use, done once in the fork server, so that no child pays for it again."""

import pypdfium2 as pdfium
from PIL import Image

from service.extract import encodings, page_images, pictures

_PAGE = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj
4 0 obj <</Length 31>> stream
BT /F 9 Tf 9 9 Td (Tongke) Tj ET
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R>>
%%EOF
"""


def warm() -> None:
    """Load Pillow's formats, libwebp, PDFium's fonts and the tables of encodings (25 ms a file otherwise)."""
    Image.init()
    document = pdfium.PdfDocument(_PAGE)
    pictures.webp(page_images.draw(document, 0, 99, 99))
    document[0].get_textpage().get_text_range()
    document.close()
    encodings.guess(b"caf\xe9 \x80\x81")
