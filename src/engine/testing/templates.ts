/** Templates that several tests of the engine have in common. */
import type { Template } from '../../resources/index.ts'

/** A containerSet whose containers run one after the other. */
export const chain = (name: string, ...containers: readonly string[]): Template => ({
  name,
  containerSet: {
    containers: containers.map((container, index) => ({
      name: container,
      image: 'x',
      ...(index === 0 ? {} : { dependencies: containers.slice(index - 1, index) }),
    })),
  },
})
