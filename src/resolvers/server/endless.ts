/** A stream that yields nothing and ends when it is told to, by either side. */
export interface Endless<T> {
  /** An object of our own: a generator function that waits cannot be returned from. */
  generator: AsyncGenerator<T>;
  /** With an error when one is given. */
  end(error?: unknown): void;
}

/** `left` is called once, whoever ends it. */
export function endless<T>(left: () => void): Endless<T> {
  const ended = Promise.withResolvers<IteratorResult<T>>();
  // Whoever reads it hears of the failure; nobody may be reading any more.
  ended.promise.catch(() => undefined);
  let over = false;
  const leave = () => {
    if (!over) left();
    over = true;
  };
  const done = { done: true, value: undefined } as const;
  const end = (error?: unknown) => {
    leave();
    if (error === undefined) ended.resolve(done);
    else ended.reject(error);
  };
  const finish = async (): Promise<IteratorResult<T>> => {
    end();
    return done;
  };
  const generator: AsyncGenerator<T> = {
    next: () => ended.promise,
    return: finish,
    throw: finish,
    [Symbol.asyncIterator]: () => generator,
    [Symbol.asyncDispose]: async () => void (await finish()),
  };
  return { generator, end };
}
