import { expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import type { WantedLock } from '../../store/fleet.ts'
import { SharedTurns } from './shared-turns.ts'

const uid = workflowUid('u')
const applicant = { uid, namespace: 'ns', priority: 0, createdAt: 1 as never }
const named = (locks: readonly WantedLock[]) => locks.map(({ name, limit }) => `${name}=${limit}`).join()

function turnsOf(limit: number, namespaceLimit = 0) {
  const said: string[] = []
  const admitted: string[] = []
  const turns = new SharedTurns({
    desk: {
      ask: ({ holder, locks }) => said.push(`ask ${holder} ${named(locks)}`),
      leave: (holder, names) => said.push(`leave ${holder} ${[...names].join()}`),
      restore: ({ holder, locks }) => said.push(`restore ${holder} ${named(locks)}`),
      limits: (changed) => said.push(`limits ${named(changed)}`),
    },
    admit: (one) => admitted.push(one),
    limits: { limit, namespaceLimit },
  })
  return { turns, said, admitted }
}

it('counts what goes on without having asked: it has a turn, once', () => {
  const { turns, said } = turnsOf(2, 1)
  turns.force(applicant)
  turns.force(applicant)
  expect(said).toEqual(['restore turn/u turn/all=2,turn/namespace/ns=1'])
  expect(turns.ask(applicant)).toBe(true)
  turns.leave(uid)
  expect(said.at(-1)).toBe('leave turn/u turn/all,turn/namespace/ns')
})

it('asks once, and admits who is granted a turn', () => {
  const { turns, said, admitted } = turnsOf(2)
  expect([turns.ask(applicant), turns.ask(applicant)]).toEqual([false, false])
  expect(said).toEqual(['ask turn/u turn/all=2'])
  turns.granted([{ holder: 'turn/u', workflowUid: uid, locks: ['turn/all'] }])
  expect([admitted, turns.ask(applicant)]).toEqual([['u'], true])
})

it('keeps no turn of what is another’s now, and does not give it back', () => {
  const { turns, said } = turnsOf(2)
  turns.force(applicant)
  turns.forget(uid)
  expect([turns.knows('turn/u'), said]).toEqual([false, ['restore turn/u turn/all=2']])
})
