/** Leaf templates of generated workflows: what one node can be. */
import type { Dice } from './dice.ts'
import { container } from './deed.ts'
import type { Deed } from './deed.ts'

export type Leaf = {
  readonly template: Record<string, unknown> & { readonly name: string }
  readonly makesResult: boolean
  readonly canFail: boolean
  readonly isTimed: boolean
  /** An entry of the cache has a result only where the call that wrote it needed one, as in Argo. */
  readonly isMemoized?: boolean
  readonly makesArtifact?: boolean
  readonly takesArtifact?: boolean
}

/** What stands around a leaf: volumes, locks. */
export type Surroundings = {
  readonly volume: string | null
  /** Something limits the parallelism. A retried call that waits for its lock counts as a pod, as in Argo, and could block itself. */
  readonly isNarrow: boolean
  readonly mutexes: readonly string[]
  readonly semaphores: readonly string[]
  /** Files are handed on as artifacts. */
  readonly hasArtifacts?: boolean
  /** How often a leaf fails for good, or until people have retried its workflow so often. */
  readonly failing?: { readonly chance: number; readonly mends: readonly [number, ...number[]] }
}

export function drawLeaf(dice: Dice, name: string, around: Surroundings): Leaf {
  const kind = dice.next()
  if (kind < 0.12) return suspendLeaf(dice, name)
  if (kind < 0.2) return containerSetLeaf(dice, name)
  return podLeaf(dice, name, around)
}

function suspendLeaf(dice: Dice, name: string): Leaf {
  const template = { name, suspend: dice.chance(0.7) ? { duration: `${dice.int(1, 8)}s` } : {} }
  return { template, makesResult: false, canFail: false, isTimed: false }
}

function containerSetLeaf(dice: Dice, name: string): Leaf {
  const one = (own: string, dependencies: readonly string[]) => ({
    name: own,
    ...container({ ms: dice.int(0, 2_000) }),
    ...(dependencies.length > 0 ? { dependencies } : {}),
  })
  const template = {
    name,
    containerSet: { containers: [one('first', []), one('second', ['first']), one('main', ['first', 'second'])] },
  }
  return { template, makesResult: false, canFail: false, isTimed: false }
}

function podLeaf(dice: Dice, name: string, around: Surroundings): Leaf {
  const fails = dice.chance(around.failing?.chance ?? 0.06)
  const exits = fails ? [dice.int(1, 3)] : dice.pick([[0], [0], [0], [1, 0], [1, 2, 0]])
  const isFlaky = exits.length > 1
  const makesResult = dice.chance(0.6)
  const makesArtifact = around.hasArtifacts === true && dice.chance(0.5)
  const takesArtifact = around.hasArtifacts === true && dice.chance(0.5)
  const files = {
    ...(makesResult ? { '/tmp/out': 'v{{inputs.parameters.in}}' } : {}),
    ...(makesArtifact ? { '/tmp/made': 'made of {{inputs.parameters.in}}' } : {}),
  }
  const deed: Deed = {
    ms: dice.pick([0, 0, dice.int(1, 300), dice.int(300, 6_000)]),
    exits,
    ...(fails && around.failing !== undefined ? { mends: dice.pick(around.failing.mends) } : {}),
    ...(makesResult ? { out: '{{inputs.parameters.in}}x' } : {}),
    ...(makesResult || makesArtifact ? { files } : {}),
    ...(takesArtifact ? { needs: '/tmp/taken' } : {}),
    ...(dice.chance(0.08) ? { badPulls: dice.int(1, 2) } : {}),
  }
  const isTimed = dice.chance(0.04)
  const isRetried = isFlaky || dice.chance(0.2)
  const isMemoized = !fails && dice.chance(0.1)
  const asScript = dice.chance(0.25)
  const mounts =
    around.volume !== null && dice.chance(0.7) ? { volumeMounts: [{ name: around.volume, mountPath: '/data' }] } : {}
  const template = {
    name,
    inputs: {
      parameters: [{ name: 'in', value: 'i' }],
      ...(takesArtifact ? { artifacts: [{ name: 'taken', path: '/tmp/taken', raw: { data: 'given' } }] } : {}),
    },
    ...(makesResult || makesArtifact
      ? {
          outputs: {
            ...(makesResult ? { parameters: [{ name: 'p', valueFrom: { path: '/tmp/out' } }] } : {}),
            ...(makesArtifact ? { artifacts: [{ name: 'made', path: '/tmp/made', ...archiveOf(dice) }] } : {}),
          },
        }
      : {}),
    ...(asScript
      ? { script: { image: 'busybox', command: ['sim'], source: JSON.stringify(deed), ...mounts } }
      : { container: container(deed, mounts) }),
    ...(isRetried ? { retryStrategy: drawRetry(dice) } : {}),
    ...(isRetried && around.isNarrow ? {} : drawLocks(dice, around)),
    ...(dice.chance(0.1)
      ? { sidecars: [{ name: 'side', ...container(dice.chance(0.7) ? { forEver: true } : { ms: 100 }) }] }
      : {}),
    ...(dice.chance(0.1) ? { initContainers: [{ name: 'before', ...container({ ms: dice.int(0, 500) }) }] } : {}),
    ...(isMemoized
      ? {
          memoize: {
            // Who shares an entry makes the same of it.
            key: `key-${makesResult ? 'with' : 'without'}${makesArtifact ? '-made' : ''}-${dice.int(1, 2)}-{{inputs.parameters.in}}`,
            cache: { configMap: { name: 'cache' } },
          },
        }
      : {}),
    ...(isTimed ? { activeDeadlineSeconds: dice.int(1, 4) } : {}),
  }
  return { template, makesResult, canFail: fails || isTimed, isTimed, isMemoized, makesArtifact, takesArtifact }
}

const archiveOf = (dice: Dice): object => (dice.chance(0.5) ? { archive: { none: {} } } : {})

function drawRetry(dice: Dice): object {
  const backoff = { duration: dice.pick(['1s', '500ms', '2']), factor: dice.int(1, 2) }
  return {
    limit: dice.int(2, 3),
    retryPolicy: dice.pick(['Always', 'OnFailure', 'Always']),
    ...(dice.chance(0.6) ? { backoff } : {}),
  }
}

function drawLocks(dice: Dice, { mutexes, semaphores }: Surroundings): object {
  const kind = dice.next()
  const [mutex] = mutexes
  const [semaphore] = semaphores
  if (kind < 0.15 && mutex !== undefined) return { synchronization: { mutexes: [{ name: mutex }] } }
  if (kind < 0.3 && semaphore !== undefined)
    return { synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: semaphore } }] } }
  if (kind < 0.34 && mutex !== undefined && semaphore !== undefined)
    return {
      synchronization: {
        mutexes: [{ name: mutex }],
        semaphores: [{ configMapKeyRef: { name: 'limits', key: semaphore } }],
      },
    }
  return {}
}

/** A server that others use: it is done when it is ready, and ends with those that it serves. */
export const daemonLeaf = (dice: Dice, name: string): Leaf => ({
  template: {
    name,
    daemon: true,
    container: container(
      { forEver: true, ignoresTerm: dice.chance(0.2), readyAfterMs: dice.pick([0, 500, 3_000]) },
      { readinessProbe: { tcpSocket: { port: 80 } } },
    ),
  },
  makesResult: false,
  canFail: false,
  isTimed: false,
})
