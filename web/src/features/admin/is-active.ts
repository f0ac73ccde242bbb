/** Whether an answer calls a user or a workspace active, in either of its ways. */
export function isActive(item: { isActive?: boolean; disabled?: boolean }): boolean {
  return item.isActive ?? !item.disabled;
}
