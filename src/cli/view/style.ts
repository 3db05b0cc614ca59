/** Icons and colours of phases. */

export type Style = { readonly colour: boolean; readonly utf8: boolean }

type Look = { readonly icon: string; readonly word: string; readonly colour: number }
const looks: Readonly<Record<string, Look>> = {
  Pending: { icon: '◷', word: 'Pending', colour: 33 },
  Running: { icon: '●', word: 'Running', colour: 36 },
  Succeeded: { icon: '✔', word: 'Succeeded', colour: 32 },
  Skipped: { icon: '○', word: 'Skipped', colour: 39 },
  Omitted: { icon: '○', word: 'Omitted', colour: 39 },
  Failed: { icon: '✖', word: 'Failed', colour: 31 },
  Error: { icon: '⚠', word: 'Error', colour: 31 },
  Suspended: { icon: 'ǁ', word: 'Suspended', colour: 36 },
}

export const painted = (text: string, colour: number, style: Style): string =>
  style.colour ? `\u001B[${colour}m${text}\u001B[0m` : text

/** @param phase or `Suspended`, of a suspend node that waits */
export function phaseIcon(phase: string, style: Style): string {
  const look = looks[phase]
  if (look === undefined) return phase
  return painted(style.utf8 ? look.icon : look.word, look.colour, style)
}

export const phaseText = (phase: string, style: Style): string => painted(phase, looks[phase]?.colour ?? 39, style)
