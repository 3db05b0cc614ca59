/** Stand-ins for values that are not known before a run, so that a template can be looked at with all its inputs filled. */

const prefix = '__argo__internal__placeholder-'
const anywhere = new RegExp(`${prefix}\\d+`, 'g')

export const isPlaceholder = (text: string): boolean => text.startsWith(prefix)
export const holdsPlaceholder = (text: string): boolean => text.includes(prefix)
/** The text with a plain letter for every stand-in. */
export const withoutPlaceholders = (text: string): string => text.replace(anywhere, 'x')

/** Gives a new stand-in each time. */
export function placeholderSource(): () => string {
  let next = 0
  return () => `${prefix}${next++}`
}
