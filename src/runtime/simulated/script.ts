/** What the pods of a simulation do, and what goes wrong around them. */
import type { PodRequest } from '../../resources/index.ts'

/** What one container does. All fields may be left out: it ends at once with 0 and says nothing. */
export type ContainerScript = {
  /** `Infinity`: runs until it is stopped. */
  readonly durationMs?: number
  readonly exitCode?: number
  /** `OOMKilled`, …; by default `Completed` or `Error`. */
  readonly reason?: string
  readonly message?: string
  readonly stdout?: string
  readonly stderr?: string
  /** Written at its end: absolute path → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** Decides the rest when the container starts, with what stands in its file system then; for tests that look at inputs. */
  readonly run?: (read: (path: string) => Uint8Array | null) => ContainerScript
  /** From its start to readiness; 0 by default. */
  readonly readyAfterMs?: number
  /** Does not end on TERM, only on KILL. */
  readonly ignoresTerm?: boolean
}

export type PodScript = {
  /** By name; a container that is not named does nothing and ends with 0 (a sidecar runs until stopped). */
  readonly containers?: Readonly<Record<string, ContainerScript>>
  /** Shorthand for the container `main`. */
  readonly main?: ContainerScript
  /** How often `prepare` fails with this image error before it works; `Infinity` for ever. */
  readonly imageErrors?: { readonly times: number; readonly text: string }
  /** Its address; `10.0.0.1` by default. */
  readonly ip?: string
  /** The pod's containers vanish so long after its start. */
  readonly vanishesAfterMs?: number
}

export type Behaviour = (pod: PodRequest) => PodScript

/** Chances in [0, 1], each drawn from the engine's Random. */
export type Faults = {
  /** A report does not come; the next relist brings it. */
  readonly lost?: number
  readonly doubled?: number
  readonly late?: number
  readonly lateMsMost?: number
  readonly relistMs?: number
  /** A call fails before it did anything. */
  readonly refused?: number
  /** A call does its work, and yet the caller gets an error. */
  readonly answerLost?: number
}
