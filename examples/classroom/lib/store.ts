/* A value that several components look at, as useSyncExternalStore wants it. */

export class Store<T extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /* Listeners are told of what is different only. */
  set(change: Partial<T>): void {
    const keys = Object.keys(change) as (keyof T)[];

    if (keys.some((key) => !Object.is(this.value[key], change[key]))) {
      this.value = { ...this.value, ...change };
      [...this.listeners].forEach((listener) => listener());
    }
  }

  get size(): number {
    return this.listeners.size;
  }
}
