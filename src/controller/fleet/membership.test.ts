/** When a member that is no longer heard of counts as gone. */
import { afterEach, expect, it } from 'vitest'
import type { FleetSelf, Member } from '../../store/fleet.ts'
import { eventually, realClock } from '../controller.fixtures/house.ts'
import { silentLog } from '../telemetry.ts'
import { Membership } from './membership.ts'

const member = (name: string, more: Partial<Member>): Member => ({
  ...{ name, host: 'here', url: null, engines: [], isDraining: false, isLive: true, goneForMs: 0, workflows: 1 },
  ...more,
})
const takeOverAfterMs = 60_000
let membership: Membership
afterEach(() => membership.close())

/** What comes of the other member, which is looked at again and again. */
async function watched(other: Partial<Member>) {
  const seen = { other: member('b', other), looks: 0, gone: [] as string[] }
  membership = new Membership({
    fleet: {
      name: 'a',
      present: (_self: FleetSelf) => Promise.resolve(),
      members: () => {
        seen.looks += 1
        return Promise.resolve([member('a', {}), seen.other])
      },
    },
    clock: realClock,
    log: silentLog,
    host: 'here',
    url: () => null,
    takeOverAfterMs,
    onGone: ({ name }) => {
      seen.gone.push(name)
      return Promise.resolve()
    },
    onRefreshed: () => {},
  })
  await membership.start()
  return seen
}

it('one that is silent is gone once the time is over, and not before', async () => {
  const seen = await watched({ isLive: false, goneForMs: takeOverAfterMs - 1_000 })
  await eventually(() => seen.looks > 3, 'it is looked at')
  expect(seen.gone).toEqual([])
  seen.other = member('b', { isLive: false, goneForMs: takeOverAfterMs })
  await eventually(() => seen.gone.length > 0, 'it is gone')
})

it('one that was leaving is gone as soon as it is silent', async () => {
  const seen = await watched({ isLive: true, isDraining: true })
  await eventually(() => seen.looks > 2, 'it is looked at')
  expect(seen.gone).toEqual([])
  seen.other = member('b', { isLive: false, isDraining: true })
  await eventually(() => seen.gone.length > 0, 'it is gone')
})
