/** Templates that a plugin carries out. */
import { afterEach, describe, expect, it } from 'vitest'
import { ended, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { only, root } from './tasks.fixtures/workflow.ts'

let house: House
afterEach(() => house.close())

describe('a plugin template', () => {
  it('is done by the first plugin that takes it', async () => {
    house = newHouse()
    const controller = await house.open({
      plugins: [
        { name: 'other', execute: async () => ({}) },
        {
          name: 'hello',
          execute: async ({ template }) => ({
            node: {
              phase: 'Succeeded',
              outputs: { parameters: [{ name: 'seen', value: JSON.stringify(template.plugin) }] },
            },
          }),
        },
      ],
    })
    await controller.createWorkflow('default', only('wf', { plugin: { hello: { to: 'you' } } }))
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    expect(root(done)?.outputs?.parameters?.[0]?.value).toBe('{"hello":{"to":"you"}}')
  })

  it('fails when no plugin takes it', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { plugin: { hello: {} } }))
    expect((await ended(controller, 'wf')).status?.message).toBe('no plugin executed the template')
  })
})
