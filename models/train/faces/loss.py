"""Which cell answers for which face, and what its answer costs."""

import torch
import torch.nn.functional as F

from faces.net import STRIDES, cells, decode_boxes, flatten

# Heights in pixels that a stride answers for; they overlap, so that a face between two
# is taught to both.
REACH = {8: (0.0, 36.0), 16: (26.0, 88.0), 32: (64.0, 1e9)}


def assign(centres, strides, boxes, valid, hidden):
    """Per picture and cell: the face that it answers for, whether it does, whether
    its score counts. boxes [n, f, 4], valid [n, f], hidden (not to be judged) [n, cells]."""
    size = ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])).clamp(min=1e-6).sqrt()
    low = torch.zeros_like(strides)
    high = torch.zeros_like(strides)
    for stride in STRIDES:
        low[strides == stride], high[strides == stride] = REACH[stride]
    point = centres[None, :, None]
    inside = ((point > boxes[:, None, :, :2]) & (point < boxes[:, None, :, 2:])).all(-1)
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    away = (point - middle[:, None]).abs().amax(-1)
    near = away < 1.5 * strides[None, :, None]
    # The very nearest cell always answers, however thin the face.
    nearest = away < 0.51 * strides[None, :, None]
    fits = (size[:, None] >= low[None, :, None]) & (size[:, None] < high[None, :, None])
    takes = ((inside & near) | nearest) & fits & valid[:, None]
    area = torch.where(takes, size[:, None], torch.full_like(size[:, None], 1e9))
    smallest, face = area.min(-1)
    positive = smallest < 1e8
    # In the middle of a face that is not of its size: neither.
    unsure = (inside & near & valid[:, None]).any(-1)
    counts = positive | ~(hidden | unsure)
    return face, positive, counts


def iou_terms(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU, and DIoU's distance term (Zheng et al. 2020, equation 6)."""
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    inter = inner[..., 0] * inner[..., 1]
    area = lambda x: (x[..., 2] - x[..., 0]) * (x[..., 3] - x[..., 1])
    iou = inter / (area(a) + area(b) - inter).clamp(min=1e-6)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    gap = ((a[..., :2] + a[..., 2:]) - (b[..., :2] + b[..., 2:])) / 2
    return iou, gap.square().sum(-1) / hull.square().sum(-1).clamp(min=1e-6)


def loss(outputs, batch, height: int, width: int) -> tuple[torch.Tensor, dict[str, float]]:
    """The sum of three: score (quality focal, Li et al. 2020: the score is taught the
    IoU that the box reaches), box (1 - DIoU), points (smooth L1 in units of the face)."""
    centres, strides = cells(height, width)
    score, raw, points = (t.float() for t in flatten(outputs))
    boxes, valid, marks, hidden = batch
    face, positive, counts = assign(centres, strides, boxes, valid, hidden)
    picture, cell = positive.nonzero(as_tuple=True)
    number = max(len(cell), 1)
    target = torch.zeros_like(score)
    box_cost = points_cost = score.new_zeros(())
    if len(cell):
        which = face[picture, cell]
        wanted = boxes[picture, which]
        got = decode_boxes(raw[picture, cell], centres[cell], strides[cell])
        iou, distance = iou_terms(got, wanted)
        target[picture, cell] = iou.detach().clamp(0, 1)
        box_cost = (1 - iou + distance).sum() / number
        size = (wanted[:, 2:] - wanted[:, :2]).amax(-1)
        there = marks[picture, which]
        known = ~there.isnan().any(-1)
        at = points[picture, cell].reshape(-1, 5, 2) * strides[cell, None, None] + centres[cell, None]
        error = (at - there.nan_to_num()) / size[:, None, None]
        cost = F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.05, reduction="none").sum(-1)
        points_cost = (cost * known).sum() / known.sum().clamp(min=1)
    wrong = (score.sigmoid() - target).abs().square()
    each = F.binary_cross_entropy_with_logits(score, target, reduction="none") * wrong
    score_cost = (each * counts).sum() / number
    total = score_cost + 2 * box_cost + 3 * points_cost
    return total, {"score": score_cost.item(), "box": box_cost.item(), "points": points_cost.item()}
