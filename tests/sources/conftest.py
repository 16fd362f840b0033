"""Documents for the tests of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def pdf_of() -> Callable[..., bytes]:
    """Writes a PDF with one line of text a page, by hand."""

    def write(*pages: str) -> bytes:
        kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(pages)))
        font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
        objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        ]
        for number, text in enumerate(pages):
            stream = f"BT /F 12 Tf 72 720 Td ({text}) Tj ET"
            objects += [
                f"<< /Type /Page /Parent 2 0 R /Resources {font} /Contents {4 + 2 * number} 0 R >>",
                f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
            ]
        data = b"%PDF-1.4\n"
        places = list[int]()
        for number, body in enumerate(objects, 1):
            places.append(len(data))
            data += f"{number} 0 obj\n{body}\nendobj\n".encode()
        size = len(places) + 1
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>"
        return data + f"{end}\nstartxref\n{len(data)}\n%%EOF\n".encode()

    return write
