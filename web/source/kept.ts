/** Small values that outlive a reload, in one of the browser's stores of this origin. */

export interface Kept<T> {
  read(): T;
  write(value: T): void;
}

/**
 * A JSON value under `name`; `otherwise` where there is none, where `fits` refuses it, or where the browser keeps nothing
 * (a private window, a policy): the page works all the same, until it is closed. `sessionStorage` is this tab's alone.
 */
export function kept<T>(
  name: string,
  otherwise: T,
  fits: (value: unknown) => boolean,
  store: () => Storage = () => localStorage,
): Kept<T> {
  const key = `rekam.${name}`;
  let inMemory = otherwise;
  return {
    read() {
      try {
        const text = store().getItem(key);
        if (text === null) return inMemory;
        const value: unknown = JSON.parse(text);
        return fits(value) ? (value as T) : otherwise;
      } catch {
        return inMemory;
      }
    },
    write(value) {
      inMemory = value;
      try {
        store().setItem(key, JSON.stringify(value));
      } catch {
        // Kept in memory.
      }
    },
  };
}
