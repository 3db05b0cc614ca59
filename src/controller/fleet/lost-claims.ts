/**
 * Turns and locks that nobody will give back: asked for by a controller that died before it had stored the workflow, or
 * after it had deleted it. Whoever has them next returns them.
 */
import type { WorkflowUid } from '../../resources/index.ts'
import { isTurn } from '../../store/fleet.ts'
import type { FleetLocks } from '../../store/fleet.ts'
import type { Store, WorkflowRow } from '../../store/port.ts'
import type { RunTable } from '../run-table.ts'
import { uidOfTurn } from './shared-turns.ts'
import type { SharedTurns } from './shared-turns.ts'

export type ClaimsParts = {
  readonly store: Pick<Store, 'workflow' | 'workflowByUid'>
  readonly locks: Pick<FleetLocks, 'leave'>
  readonly runs: Pick<RunTable, 'byName'>
  readonly turns: Pick<SharedTurns, 'knows'>
}

/** @param ours what the store says that we hold and wait for, read just now */
export async function returnLostClaims(
  { store, locks, runs, turns }: ClaimsParts,
  ours: Awaited<ReturnType<FleetLocks['ours']>>,
): Promise<void> {
  const uidOf = new Map<string, WorkflowUid>(ours.held.map(({ holder, workflowUid: uid }) => [holder, uid]))
  const lost: { readonly holder: string }[] = []
  for (const holder of new Set([...uidOf.keys(), ...ours.waiting])) {
    const isOfTurn = isTurn(holder)
    const [namespace = '', name = ''] = holder.split('/')
    // A workflow that is just being made has its turn before it is stored.
    if (isOfTurn ? turns.knows(holder) : runs.byName(namespace, name) !== undefined) continue
    const uid = isOfTurn ? uidOfTurn(holder) : uidOf.get(holder)
    const row = uid === undefined ? await store.workflow(namespace, name) : await store.workflowByUid(uid)
    if (isOver(row) && !(isOfTurn && turns.knows(holder))) lost.push({ holder })
  }
  if (lost.length > 0) await locks.leave(lost)
}

const isOver = (row: WorkflowRow | null): boolean => row === null || row.finished
