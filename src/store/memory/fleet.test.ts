import { fleetContract } from '../fleet.contract.ts'
import { openMemoryMember } from './member.ts'
import { MemoryDisk } from './store.ts'

fleetContract('the memory fleet', () => {
  const disk = new MemoryDisk()
  return {
    open: async (name) => {
      let isLost = false
      const member = openMemoryMember({ disk, name, onLost: () => (isLost = true) })
      return {
        ...member,
        cut: async () => member.cut(),
        heal: async () => member.heal(),
        isLost: () => isLost,
      }
    },
    remember: async (changes) => {
      disk.fleet.logMax = changes
    },
    dispose: async () => undefined,
  }
})
