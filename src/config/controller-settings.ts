/** Several controllers on one Postgres: who this one is, and what it tells the others (docs/several-controllers.md). */
import Type from 'typebox'
import type { Static } from 'typebox'
import { optionalText } from './connection-settings.ts'

const fields = Type.Object(
  {
    name: optionalText('Name of this controller among several that share one Postgres; each needs another.'),
    takeOverAfter: optionalText('How long a controller may be gone before another takes its workflows over; `3s`.'),
    silentAfter: optionalText('How long a controller may be connected and say nothing before it is cut off; `15s`.'),
    advertise: optionalText('URL at which the API of this controller answers the others.'),
  },
  { additionalProperties: false },
)
export const controllerSettings = Type.Optional(fields)

export type SharingConfig = {
  /** `null`: it shares its work with nobody. */
  readonly name: string | null
  readonly takeOverAfterMs: number
  /** Another one that is connected and says nothing for so long is frozen, and is cut off. */
  readonly silentAfterMs: number
  /** Without a slash at its end. */
  readonly advertise: string | null
}

/** Less, and a pause of the garbage collector would cost a controller its workflows. */
const takeOverAfterMsLeast = 500
/** Whoever works says something every five seconds. */
const silentAfterMsLeast = 10_000
/** The lease of a daemon without a name. */
const reserved = 'controller'

/** @param tell hears what is wrong */
export function sharingConfigOf(
  { name, takeOverAfter, silentAfter, advertise }: Static<typeof fields> = {},
  durationMs: (path: string, text: string | undefined, fallback: number) => number,
  tell: (message: string, path: string) => void,
): SharingConfig {
  if (name && (!/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/.test(name) || name === reserved))
    tell(
      `must be lower-case letters, digits, dots and dashes, at most 63, and not \`${reserved}\`: ${name}`,
      'controller.name',
    )
  if (advertise && !/^https?:\/\/[^\s/]+/.test(advertise))
    tell(`must be an http or https URL: ${advertise}`, 'controller.advertise')
  const takeOverAfterMs = durationMs('controller.takeOverAfter', takeOverAfter, 3_000)
  if (takeOverAfterMs < takeOverAfterMsLeast) tell('must be at least 500ms', 'controller.takeOverAfter')
  const silentAfterMs = durationMs('controller.silentAfter', silentAfter, 15_000)
  if (silentAfterMs < silentAfterMsLeast) tell('must be at least 10s', 'controller.silentAfter')
  const url = advertise ? advertise.replace(/\/+$/, '') : null
  return { name: name || null, takeOverAfterMs, silentAfterMs, advertise: url }
}
