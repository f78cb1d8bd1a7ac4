"""Cells of a JPEG's luma, as core/src/frame and core/src/bands.rs make them.

A cell is four neighbouring blocks of one block row. It has, for each of 15 bands,
the code round(8 * log2(E + n)), where E is the sum of the squared dequantised
coefficients of the band over the four blocks and n the band's number of
coefficients, and the mean luma of the four blocks.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import jpeglib
import numpy as np

# Horizontal frequencies (u, v) of the five rings; the vertical ones are their
# mirror images. Then the diagonals of each ring. The DC is in no band.
_HORIZONTAL = [
    [(1, 0), (2, 0)],
    [(2, 1), (3, 0)],
    [(3, 1), (4, 0), (4, 1), (4, 2)],
    [(5, 0), (5, 1), (5, 2), (6, 0), (6, 1), (6, 2)],
    [(7, 0), (7, 1), (7, 2), (7, 3)],
]
_DIAGONAL = [
    [(1, 1)],
    [(2, 2), (3, 2), (2, 3), (3, 3)],
    [(4, 3), (3, 4), (4, 4), (5, 3), (3, 5), (5, 4), (4, 5), (5, 5)],
    [(6, 3), (3, 6), (6, 4), (4, 6)],
    [(6, 5), (5, 6), (6, 6), (7, 4), (4, 7), (7, 5), (5, 7), (7, 6), (6, 7), (7, 7)],
]
BANDS = [
    band for ring in _HORIZONTAL for band in (ring, [(v, u) for u, v in ring])
] + _DIAGONAL
COEFFICIENTS = np.array([len(band) for band in BANDS])
_INDEX = [[u + 8 * v for u, v in band] for band in BANDS]

# Cells that a frame has room for (core/src/frame/memory.rs, BOARD).
ROOM = 0x3000


@dataclass
class Cells:
    codes: np.ndarray  # (cells, 15) uint8
    means: np.ndarray  # (cells,) uint8
    size: tuple[int, int]  # width, height in pixels


def of_blocks(blocks, size):
    """`blocks`: (rows, columns, 8, 8) dequantised integers."""
    rows, columns = blocks.shape[:2]
    across, step = columns // 4, 1
    while across * -(-rows // step) > ROOM:
        step += 1
    blocks = blocks[::step, : across * 4].reshape(-1, across * 4, 64).astype(np.int64)
    means = np.clip(np.floor(blocks[..., 0] / 8 + 128.5), 0, 255).astype(np.int64)
    means = (means.reshape(-1, 4).sum(1) + 2) // 4
    squares = blocks**2
    energies = np.stack([squares[..., index].sum(-1) for index in _INDEX], -1)
    energies = energies.reshape(-1, 4, 15).sum(1)
    codes = np.clip(np.rint(8 * np.log2(energies + COEFFICIENTS)), 0, 255)
    return Cells(codes.astype(np.uint8), means.astype(np.uint8), size)


def of_jpeg(path, transposed=False):
    image = jpeglib.read_dct(str(path))
    table = image.qt[image.quant_tbl_no[0] if image.quant_tbl_no is not None else 0]
    blocks = image.Y.astype(np.int32) * table.astype(np.int32)
    # The file may hold padding up to a whole MCU.
    blocks = blocks[: -(-image.height // 8), : -(-image.width // 8)]
    if transposed:
        blocks = blocks.transpose(1, 0, 3, 2)
    return of_blocks(blocks, (image.width, image.height))


def of_picture(grey, quality, transposed=False):
    """The cells of a grey picture (levels 0..255, any float) after JPEG."""
    levels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    assert done
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.jpg"
        path.write_bytes(data)
        return of_jpeg(path, transposed)
