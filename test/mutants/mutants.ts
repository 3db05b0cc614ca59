/** All of them. */
import { archiveMutants } from './list/archive.ts'
import { controllerMutants } from './list/controller.ts'
import { engineMutants } from './list/engine.ts'
import { fencingMutants } from './list/fencing.ts'
import { podMutants } from './list/pods.ts'
import { sharingMutants } from './list/sharing.ts'
import type { Mutant } from './mutant.ts'

export const mutants: readonly Mutant[] = [
  ...engineMutants,
  ...controllerMutants,
  ...podMutants,
  ...fencingMutants,
  ...sharingMutants,
  ...archiveMutants,
]
