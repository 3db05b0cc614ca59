/** Types of nodes that do work of their own. */
export const executionTypes: ReadonlySet<string> = new Set(['Pod', 'Container', 'HTTP', 'Plugin'])

/** Types whose progress counts. */
export const progressTypes: ReadonlySet<string> = new Set([...executionTypes, 'Suspend'])
