/** What a fleet promises, of two and three members; each adapter's test hands in how a member is opened. */
import { describe } from 'vitest'
import { describeFeed } from './fleet-feed.contract.ts'
import { describeLocks } from './fleet-locks.contract.ts'
import { describeMembers } from './fleet-members.contract.ts'
import { describeShares } from './fleet-shares.contract.ts'
import { describeTakeOver } from './fleet-take-over.contract.ts'
import { describeWrites } from './fleet-writes.contract.ts'
import { twoMembers } from './fleet.fixtures/members.ts'
import type { FleetUnderTest } from './fleet.fixtures/members.ts'

export function fleetContract(name: string, make: () => FleetUnderTest): void {
  describe(`${name} keeps what every fleet promises`, () => {
    const two = twoMembers(make)
    describeMembers(two)
    describeWrites(two)
    describeTakeOver(two)
    describeLocks(two)
    describeFeed(two)
    describeShares(two)
  })
}
