/** Container names that Argo keeps for itself. */

export const isReservedContainer = (name: string): boolean =>
  name === 'wait' || name === 'supervisor' || name.startsWith('artifact-plugin-')
