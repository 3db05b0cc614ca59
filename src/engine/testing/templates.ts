/** Templates that several tests of the engine have in common. */
import type { Template, WorkflowSpec } from '../../resources/index.ts'

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

/** A pod. */
export const plain = { name: 'plain', container: { image: 'x' } }

export const dag = (
  name: string,
  tasks: NonNullable<Template['dag']>['tasks'],
  more: Partial<Template> = {},
): Template => ({
  name,
  dag: { tasks },
  ...more,
})

/** A workflow of these templates and `plain`; it begins with `main`. */
export const spec = (...templates: Template[]): WorkflowSpec => ({
  entrypoint: 'main',
  templates: [...templates, plain],
})
