/** Steps that can be taken back and done again. A new step forgets what was taken back. */
export interface History<S> {
  done: readonly S[];
  undone: readonly S[];
}

const stepsKept = 200;

export const emptyHistory = { done: [], undone: [] };

export function addStep<S>(history: History<S>, step: S): History<S> {
  return { done: [...history.done, step].slice(-stepsKept), undone: [] };
}

export function takeBack<S>(history: History<S>): { history: History<S>; step: S } | null {
  const step = history.done.at(-1);
  if (step === undefined) return null;
  return { step, history: { done: history.done.slice(0, -1), undone: [...history.undone, step] } };
}

export function takeAgain<S>(history: History<S>): { history: History<S>; step: S } | null {
  const step = history.undone.at(-1);
  if (step === undefined) return null;
  return { step, history: { done: [...history.done, step], undone: history.undone.slice(0, -1) } };
}

/** A step that did not happen after all: the server refused it. */
export function dropStep<S>(history: History<S>, step: S): History<S> {
  const keep = (other: S) => other !== step;
  return { done: history.done.filter(keep), undone: history.undone.filter(keep) };
}

/** A step of which only a part happened. */
export function replaceStep<S>(history: History<S>, step: S, part: S): History<S> {
  const swap = (other: S) => (other === step ? part : other);
  return { done: history.done.map(swap), undone: history.undone.map(swap) };
}
