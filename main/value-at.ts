/** The value under `key`. Throws a `RangeError` if there is none: for keys that are known to exist. */
export function valueAt<Key, Value>(values: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = values.get(key);
  if (value === undefined) throw new RangeError(`there is no value under ${String(key)}`);
  return value;
}
