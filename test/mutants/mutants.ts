/** All of them, each with the tests that are asked where the simulation finds nothing. */
import { archiveMutants } from './list/archive.ts'
import { controllerMutants } from './list/controller.ts'
import { engineMutants } from './list/engine.ts'
import { fencingMutants } from './list/fencing.ts'
import { overtakenMutants } from './list/overtaken.ts'
import { podMutants } from './list/pods.ts'
import { sharingMutants } from './list/sharing.ts'
import type { Mutant } from './mutant.ts'

const ofEngine = ['src/engine']
const ofController = ['src/controller/visible.test.ts', 'src/controller/controller.test.ts', 'src/controller/pods']
const ofSharing = [
  'src/controller/fleet/shared-locks.test.ts',
  'src/store/memory/fleet.test.ts',
  'src/controller/fleet',
]

export const mutants: readonly Mutant[] = [
  ...engineMutants.map(askingThen(ofEngine)),
  ...controllerMutants.map(askingThen(ofController)),
  ...podMutants.map(askingThen(ofController)),
  ...fencingMutants.map(askingThen(ofSharing)),
  ...sharingMutants.map(askingThen(ofSharing)),
  ...archiveMutants,
  ...overtakenMutants,
]

function askingThen(tests: readonly string[]): (mutant: Mutant) => Mutant {
  return (mutant) => (mutant.tests === undefined ? { ...mutant, kind: mutant.kind ?? null, tests } : mutant)
}
