import { createContext, type RefObject, useContext } from 'react';

/** A place that is looked up when it is needed, for it may not be there yet. */
export function placeOf(find: () => HTMLElement | null): RefObject<HTMLElement | null> {
  return {
    get current() {
      return find();
    },
  };
}

/**
 * Where floating layers (menus, lists) are put: into the landmark or the dialog they belong to, so
 * that nothing of the page lies outside of its landmarks.
 */
export const LayerHome = createContext(placeOf(() => document.getElementById('main')));

export function useLayerHome(): RefObject<HTMLElement | null> {
  return useContext(LayerHome);
}
