"""Figures on the photographs kept apart, and lists of them for `edgecull eval`."""

import csv
from pathlib import Path

from faces import score
from faces.data import Photo

# The least height of a face that counts, in pixels. The faces of wider_val are small.
LEAST = {"crowd": 20.0, "crowd_counting": 20.0, "face_counting": 20.0, "wider_val": 12.0}
PRECISION = 0.88


def of(model, apart: list[Photo]) -> dict[str, float]:
    """Recall at precision 0.88 by source; the higher threshold of the two that figures
    are asked for; false faces a picture there."""
    result, thresholds = {}, {}
    for source, least in LEAST.items():
        photos = [p for p in apart if p.source == source]
        finds = [score.detect(model, p.pixels) for p in photos]
        result[source], thresholds[source] = score.curve(photos, finds, least).recall_at(PRECISION)
    result["threshold"] = max(thresholds["crowd"], thresholds["crowd_counting"])
    empty = [p for p in apart if p.source == "negatives"]
    false = sum((score.detect(model, p.pixels).scores >= result["threshold"]).sum() for p in empty)
    result["false"] = float(false / max(len(empty), 1))
    return result


def write_lists(apart: list[Photo], data: Path, folder: Path) -> list[Path]:
    """A list for each source, as `edgecull eval --task faces` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    lists = []
    for source in sorted({p.source for p in apart}):
        path = folder / f"{source}.csv"
        with open(path, "w", newline="") as text:
            rows = csv.writer(text)
            rows.writerow(["file", "x", "y", "w", "h", "kind"])
            for photo in apart:
                if photo.source != source:
                    continue
                file = (data / photo.file).resolve()
                if not len(photo.boxes) + len(photo.ignore):
                    rows.writerow([file, "", "", "", "", ""])
                for kind, boxes in (("face", photo.boxes), ("ignore", photo.ignore)):
                    for x0, y0, x1, y1 in boxes:
                        rows.writerow([file, *(f"{v:.1f}" for v in (x0, y0, x1 - x0, y1 - y0)), kind])
        lists.append(path)
    return lists
