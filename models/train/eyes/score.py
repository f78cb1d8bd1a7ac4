"""How well eyes are told, with intervals: people are drawn again, not eyes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from eyes import batches, cover, crop, jitter, packs

# A detector's landmarks: standard deviation of each coordinate, in distances between the eyes.
ASTRAY = 0.04


@dataclass
class Views:
    """Eyes to be judged: pictures, landmarks in them, what is true."""
    name: str
    pictures: list[np.ndarray] = field(default_factory=list)
    eyes: list[np.ndarray] = field(default_factory=list)  # [2, 2] left of the picture first
    which: list[int] = field(default_factory=list)  # the eye that is asked for
    open: list[bool] = field(default_factory=list)
    group: list[int] = field(default_factory=list)

    def add(self, picture, eyes, which, open, group) -> None:
        for to, value in ((self.pictures, picture), (self.eyes, eyes), (self.which, which),
                          (self.open, bool(open)), (self.group, int(group))):
            to.append(value)

    def crops(self, other: bool = False) -> np.ndarray:
        """Those of the eyes that are asked for, or of the other ones of their faces."""
        cut = [crop.eye(p.astype(np.float32), e, 1 - w if other else w)
               for p, e, w in zip(self.pictures, self.eyes, self.which)]
        return np.clip(np.rint(np.stack(cut)), 0, 255).astype(np.uint8)

    def inside(self, other: bool = False) -> np.ndarray:
        """Whether the eye is in the picture."""
        at = [e[1 - w if other else w] for e, w in zip(self.eyes, self.which)]
        return np.array([(0 <= a).all() and (a < p.shape[::-1]).all() for a, p in zip(at, self.pictures)])


def alone(picture: np.ndarray) -> np.ndarray:
    """Landmarks that make a patch the left eye's crop; the right eye is outside of it."""
    side = picture.shape[0]
    return np.array([[side / 2, side / 2], [side / 2 + side / crop.SHARE, side / 2]])


def cew(data: Path, part: int) -> Views:
    """The published patches are the crops."""
    eyes = packs.cew(data)
    views = Views("CEW")
    for i in eyes.where(eyes.part == part):
        views.add(eyes.pixels[i], alone(eyes.pixels[i]), 0, eyes.open[i] > 0.5, eyes.group[i])
    return views


def portraits(data: Path, part: int, shut_from: float = 0.5, seed: int = 7) -> Views:
    """Both eyes of each portrait of which the teacher is sure, with landmarks astray."""
    rng = np.random.default_rng(seed)
    faces = packs.portraits(data)
    views = Views(f"portraits, closed from {shut_from}")
    for i in np.nonzero(faces.part == part)[0]:
        distance = np.hypot(*(faces.eyes[i, 1] - faces.eyes[i, 0]))
        eyes = faces.eyes[i] + np.clip(rng.normal(0, ASTRAY, (2, 2)), -3 * ASTRAY, 3 * ASTRAY) * distance
        if distance < 18 or not faces.sure[i] or faces.dark[i] < packs.DIM:
            continue
        for which in (0, 1):
            blink, away = faces.blink[i, which], faces.yaw[i] * (1 if which else -1)
            if (blink < 0.25 or blink > shut_from) and not away > 30:
                views.add(faces.pictures[faces.file[i]], eyes, which, blink < 0.25, faces.person[i])
    return views


def patches(data: Path, part: int) -> Views:
    """The same people's eyes at the 250 pixels of the photographs, in their places."""
    eyes = packs.teacher(data)
    views = Views("portraits, larger")
    for i in eyes.where(eyes.part == part):
        if np.isnan(eyes.open[i]):
            continue
        centre = eyes.centre[i]
        views.add(eyes.pixels[i], np.array([centre, centre + (eyes.distance[i], 0)]), 0, eyes.open[i] > packs.OPEN, eyes.group[i])
    return views


def covered(data: Path, part: int, seed: int = 11) -> dict[str, np.ndarray]:
    """Crops of which nothing can be told, by what hides the eye."""
    rng = np.random.default_rng(seed)
    faces = packs.portraits(data)
    eyes = packs.teacher(data)
    chosen = eyes.where((eyes.part == part) & ~np.isnan(eyes.open))
    others = batches.strangers(rng, data, faces, 600, part)
    def each(change: Callable) -> np.ndarray:
        made = []
        for i in rng.choice(chosen, 600):
            x = jitter.place(rng, eyes, int(i))
            x = change(x, int(i))
            made.append(np.clip(np.rint(x), 0, 255).astype(np.uint8))
        return np.stack(made)
    def sunglasses(x, i):
        cover.sunglasses(rng, x)
        return jitter.camera(rng, x)
    def real() -> np.ndarray:
        of_part = np.nonzero((faces.part == part) & faces.sure & (faces.dark < packs.DARK))[0]
        cut = [crop.eye(faces.pictures[faces.file[i]], faces.eyes[i], which) for i in of_part for which in (0, 1)]
        return np.clip(np.rint(np.stack(cut)), 0, 255).astype(np.uint8)
    return {
        "sunglasses": real(),
        "drawn sunglasses": each(sunglasses),
        "blurred by 5 places": each(lambda x, i: cv2.GaussianBlur(x, (0, 0), 5)),
        "five pixels": each(lambda x, i: cv2.resize(cv2.resize(x, (5, 5), interpolation=cv2.INTER_AREA), (32, 32))),
        "other parts of pictures": np.clip(np.rint(others), 0, 255).astype(np.uint8),
    }


def area(open: np.ndarray, chance: np.ndarray) -> float:
    """Area under the ROC curve; ties count half."""
    order = np.argsort(chance, kind="stable")
    _, inverse, counts = np.unique(chance[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(chance))
    ranks[order] = (ends - (counts - 1) / 2)[inverse]
    positive = open.sum()
    return float((ranks[open].sum() - positive * (positive + 1) / 2) / (positive * (len(open) - positive)))


OPEN, CLOSED, HIDDEN = range(3)


@dataclass
class Answers:
    """chance of being open (nan: nothing to look at) and state of each view."""
    chance: np.ndarray
    state: np.ndarray


@dataclass
class Bounds:
    open_from: float
    closed_below: float
    told_from: float
    shared: float

    def states(self, chance: np.ndarray, told: np.ndarray) -> np.ndarray:
        state = np.where(chance >= self.open_from, OPEN, np.where(chance < self.closed_below, CLOSED, HIDDEN))
        return np.where(told < self.told_from, HIDDEN, state)


def measures(open: np.ndarray, answers: Answers) -> dict[str, float]:
    state, chance = answers.state, np.nan_to_num(answers.chance, nan=0.5)
    shut = ~open
    told = state != HIDDEN
    half = (answers.chance >= 0.5)
    return {
        "AUC": area(open, chance),
        # Whatever the state, at one half.
        "balanced accuracy at 1/2": float((half[open].mean() + (~half)[shut].mean()) / 2),
        # Hidden counts as wrong.
        "balanced accuracy, hidden wrong": float(((state == OPEN)[open].mean() + (state == CLOSED)[shut].mean()) / 2),
        # Not closed is enough: what an alarm about closed eyes gets right.
        "balanced accuracy of closed": float(((state != CLOSED)[open].mean() + (state == CLOSED)[shut].mean()) / 2),
        "balanced accuracy of the told": float(((state == OPEN)[open & told].mean() + (state == CLOSED)[shut & told].mean()) / 2),
        "open called closed": float((state == CLOSED)[open].mean()),
        "closed called open": float((state == OPEN)[shut].mean()),
        "hidden": float((~told).mean()),
    }


def with_intervals(views: Views, answers: Answers, draws: int = 1000, seed: int = 3) -> dict[str, tuple[float, float, float]]:
    """Value, and the ends of its 95 % interval, over people."""
    open, group = np.array(views.open), np.array(views.group)
    value = measures(open, answers)
    rng = np.random.default_rng(seed)
    members = [np.nonzero(group == g)[0] for g in np.unique(group)]
    drawn = []
    for _ in range(draws):
        i = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if open[i].all() or not open[i].any():
            continue
        drawn.append(list(measures(open[i], Answers(answers.chance[i], answers.state[i])).values()))
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    return {name: (v, float(a), float(b)) for (name, v), a, b in zip(value.items(), low, high)}


def ask_float(model: Path, crops: np.ndarray) -> np.ndarray:
    """Log odds [n, 2] (open, told) by the ONNX file, in float: the mean of each crop's and
    its mirror image's."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    inputs = crop.normalise(crops)[:, None]
    run = lambda x: np.concatenate([session.run(None, {"input": x[i:i + 1]})[0] for i in range(len(x))])
    return (run(inputs) + run(np.ascontiguousarray(inputs[..., ::-1]))) / 2


def chance(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def float_answers(model: Path, views: Views, bounds: Bounds) -> Answers:
    """What core/src/eye/net.rs makes of the answers, in float."""
    own, other = ask_float(model, views.crops()), ask_float(model, views.crops(other=True))
    told = lambda answer: chance(answer[:, 1]) >= bounds.told_from
    shared = bounds.shared * (told(own) & told(other) & views.inside(other=True))
    open = chance((own[:, 0] + shared * other[:, 0]) / (1 + shared))
    here = views.inside()
    return Answers(np.where(here, open, np.nan), np.where(here, bounds.states(open, chance(own[:, 1])), HIDDEN))
