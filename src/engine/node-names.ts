/** What the name of a node says: how it is shown, and what it lies below. */
import type { NodeStatus } from '../resources/index.ts'

/** The full name less the boundary's name and one leading `[n].` or `.` (semantics.md §6). */
export function displayNameOf(name: string, boundary: NodeStatus | null): string {
  if (boundary === null || !name.startsWith(boundary.name)) return name
  const rest = name.slice(boundary.name.length)
  if (rest.startsWith('.')) return rest.slice(1)
  const end = groupEnd(rest)
  return end === 0 || end === rest.length ? rest : rest.slice(end)
}

/** Where `[n].` ends that a text begins with; 0 where it does not. */
function groupEnd(text: string): number {
  if (!text.startsWith('[')) return 0
  let at = 1
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at += 1
  return at > 1 && text.startsWith('].', at) ? at + 2 : 0
}

/** Within what has that name, or an attempt or item of it. */
export const isBelow = (name: string, parent: string): boolean =>
  name.startsWith(parent) && /^[.[(]/.test(name.slice(parent.length))
