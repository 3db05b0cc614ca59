/** Argo's settings that slow the controller down. */
import { afterEach, describe, expect, it } from 'vitest'
import type { House } from './controller.fixtures/house.ts'
import { doing, ended, newHouse } from './controller.fixtures/house.ts'

let house: House | null = null
afterEach(() => house?.close())

const template = { name: 'main', container: doing() }
const workflow = {
  apiVersion: 'argoproj.io/v1alpha1' as const,
  kind: 'Workflow' as const,
  metadata: { name: 'slow', namespace: 'default' },
  spec: { entrypoint: 'main', templates: [template] },
}

describe('the pace of the controller', () => {
  it('leaves a new workflow alone for the initial delay', async () => {
    house = newHouse()
    const controller = await house.open({ config: { initialDelayMs: 300 } })
    const began = Date.now()
    await controller.createWorkflow('default', workflow)
    const { status } = await ended(controller, 'slow')
    expect(status?.phase).toBe('Succeeded')
    expect(Date.now() - began).toBeGreaterThanOrEqual(295)
  })

  it('makes no more pods in a second than it may', async () => {
    house = newHouse()
    const controller = await house.open({ config: { podRate: { limit: 10, burst: 1 } } })
    const steps = [['a', 'b', 'c', 'd'].map((name) => ({ name, template: 'leaf' }))]
    const spec = {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps },
        { ...template, name: 'leaf' },
      ],
    }
    const began = Date.now()
    await controller.createWorkflow('default', { ...workflow, spec })
    const { status } = await ended(controller, 'slow')
    expect(status?.phase).toBe('Succeeded')
    expect(Date.now() - began).toBeGreaterThanOrEqual(295)
  })
})
