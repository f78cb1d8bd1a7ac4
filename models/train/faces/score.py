"""How well faces are found: recall at a precision, on photographs kept apart."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from faces.data import Photo
from faces.net import cells, decode_boxes, decode_points, flatten

OVERLAP = 0.4
NMS = 0.45


@dataclass
class Found:
    boxes: np.ndarray  # [n, 4] x0 y0 x1 y1
    scores: np.ndarray  # [n], best first
    points: np.ndarray  # [n, 5, 2]


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    inner = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    inter = np.prod(np.maximum(inner, 0), -1)
    area = lambda x: np.prod(x[:, 2:] - x[:, :2], -1)
    return inter / np.maximum(area(a)[:, None] + area(b)[None] - inter, 1e-6)


def prepare(pixels: np.ndarray, longest: int | None) -> tuple[np.ndarray, float]:
    """The picture at the size that the detector sees, padded to whole cells."""
    scale = 1.0
    if longest is not None and max(pixels.shape) > longest:
        scale = longest / max(pixels.shape)
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    h, w = pixels.shape
    return np.pad(pixels, ((0, -h % 32), (0, -w % 32))), scale


def suppress(boxes: np.ndarray, scores: np.ndarray, points: np.ndarray) -> Found:
    order = np.argsort(-scores, kind="stable")
    boxes, scores, points = boxes[order], scores[order], points[order]
    keep, left = [], np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if left[i]:
            keep.append(i)
            left &= iou(boxes[i:i + 1], boxes)[0] < NMS
    return Found(boxes[keep], scores[keep], points[keep])


@torch.no_grad()
def detect(model, pixels: np.ndarray, longest: int | None = None, floor: float = 0.05) -> Found:
    """`model`: pixels over 255 [1, 1, h, w] to the outputs of `FaceNet`."""
    padded, scale = prepare(pixels, longest)
    outputs = model(torch.from_numpy(padded)[None, None].float() / 255)
    score, raw, points = flatten(outputs)
    centres, strides = cells(*padded.shape)
    score = score[0].sigmoid()
    keep = score >= floor
    boxes = decode_boxes(raw[0][keep], centres[keep], strides[keep]) / scale
    marks = decode_points(points[0][keep], centres[keep], strides[keep]) / scale
    return suppress(boxes.numpy(), score[keep].numpy(), marks.numpy())


@dataclass
class Curve:
    """Detections of all photographs, best first: right or wrong; and how many faces
    there were."""
    scores: np.ndarray
    right: np.ndarray
    faces: int

    def recall_at(self, precision: float) -> tuple[float, float]:
        """(recall, threshold): the most recall at which precision holds."""
        right = np.cumsum(self.right)
        holds = np.nonzero(right / np.arange(1, len(right) + 1) >= precision)[0]
        if not len(holds):
            return 0.0, 1.0
        return float(right[holds[-1]] / max(self.faces, 1)), float(self.scores[holds[-1]])

    def at(self, threshold: float) -> tuple[float, float]:
        """(recall, precision) at a threshold."""
        taken = self.scores >= threshold
        right = self.right[taken].sum()
        return float(right / max(self.faces, 1)), float(right / max(taken.sum(), 1))


def match(photo: Photo, found: Found, least: float) -> tuple[list[float], list[bool], int]:
    """Each find against the faces of one photograph. Faces lower than `least` pixels
    and `ignore` boxes count for neither side; nor do finds lower than that."""
    high = photo.boxes[:, 3] - photo.boxes[:, 1]
    wanted = photo.boxes[high >= least]
    rest = np.concatenate([photo.boxes[high < least], photo.ignore])
    taken = np.zeros(len(wanted), bool)
    scores, right = [], []
    for box, score in zip(found.boxes, found.scores):
        overlap = iou(box[None], wanted)[0] if len(wanted) else np.zeros(0)
        overlap = np.where(taken, 0, overlap)
        best = int(overlap.argmax()) if len(overlap) else -1
        if best >= 0 and overlap[best] >= OVERLAP:
            taken[best] = True
            scores.append(float(score))
            right.append(True)
            continue
        if box[3] - box[1] < least:
            continue
        if len(rest):
            inner = np.minimum(box[2:], rest[:, 2:]) - np.maximum(box[:2], rest[:, :2])
            share = np.prod(np.maximum(inner, 0), -1) / max(np.prod(box[2:] - box[:2]), 1e-6)
            if (share > 0.5).any() or (iou(box[None], rest)[0] >= OVERLAP).any():
                continue
        scores.append(float(score))
        right.append(False)
    return scores, right, len(wanted)


def curve(photos: list[Photo], finds: list[Found], least: float = 20.0) -> Curve:
    scores, right, faces = [], [], 0
    for photo, found in zip(photos, finds):
        s, r, f = match(photo, found, least)
        scores += s
        right += r
        faces += f
    order = np.argsort(-np.array(scores), kind="stable")
    return Curve(np.array(scores)[order], np.array(right, bool)[order], faces)
