/**
 * Finds the weights in a checkpoint: a dict from names to tensors, on its own or nested in others, as training scripts
 * save it together with the optimizer and the epoch.
 */
import { at } from '../../at.ts';
import { PickleRefused } from './pickle.ts';
import { StoredView } from './tensor-globals.ts';

/**
 * Names that scripts use for the weights, preferred ones first: an average over the training (timm, EMA) classifies
 * better than its last step; of a pair of networks, DINO publishes the teacher.
 */
const NAMES = [
  ...['state_dict_ema', 'model_ema', 'ema_state_dict', 'ema', 'teacher'],
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'network', 'net', 'weights', 'module', 'params'],
  ...['backbone', 'encoder', 'student'],
];
/** Names for other things that contain tensors. */
const NOT_WEIGHTS = ['optimizer', 'optim', 'scheduler', 'scaler', 'loss', 'rng'];
const DEEPEST = 4;
const MOST_DICTS = 1000;

/** A dict somewhere in a checkpoint, and the keys that lead to it. */
interface Found {
  readonly dict: ReadonlyMap<unknown, unknown>;
  readonly path: readonly string[];
}

/**
 * A dict with fewer tensors than this share of the fullest one is something else, such as a best accuracy beside the
 * weights.
 */
const FULL_SHARE = 0.5;

/** Throws `PickleRefused` if there is none. */
export function findStateDict(root: unknown): Map<string, StoredView> {
  const candidates = dictsIn(root).map(({ dict, path }) => ({ tensors: tensorsOf(dict), path }));
  const most = Math.max(0, ...candidates.map(({ tensors }) => tensors.size));
  const full = candidates.filter(({ tensors }) => tensors.size > 0 && tensors.size >= FULL_SHARE * most);
  const [best] = full.toSorted((a, b) => rankOf(a.path) - rankOf(b.path) || a.path.length - b.path.length);
  if (best) return best.tensors;
  throw new PickleRefused(
    'there is no dict of tensors in it: save the network as torch.save(model.state_dict(), path)',
  );
}

/** The outermost first; each only once, so that a dict that contains itself causes no infinite loop. */
function dictsIn(root: unknown): Found[] {
  const found: Found[] = root instanceof Map ? [{ dict: root, path: [] }] : [];
  const seen = new Set<unknown>([root]);
  for (let next = 0; next < found.length && found.length < MOST_DICTS; next++) {
    const { dict, path } = at(found, next);
    if (path.length === DEEPEST) continue;
    for (const [key, value] of dict) {
      if (!(value instanceof Map) || typeof key !== 'string' || seen.has(value)) continue;
      seen.add(value);
      if (!NOT_WEIGHTS.some((name) => key.toLowerCase().includes(name)))
        found.push({ dict: value, path: [...path, key] });
    }
  }
  return found;
}

function rankOf(path: readonly string[]): number {
  const place = NAMES.indexOf(path.at(-1) ?? '');
  return place < 0 ? NAMES.length : place;
}

function tensorsOf(dict: ReadonlyMap<unknown, unknown>): Map<string, StoredView> {
  const tensors = new Map<string, StoredView>();
  for (const [name, value] of dict)
    if (typeof name === 'string' && value instanceof StoredView) tensors.set(name, value);
  return tensors;
}
