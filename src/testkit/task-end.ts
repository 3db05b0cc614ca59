/** What a mocked task without a container comes to: http, plugin, resource, and the listing of a data template. */
import type { TaskResult } from '../engine/index.ts'
import type { Parameter, Template } from '../resources/index.ts'
import type { Mock } from './mocks.ts'
import { unmockedValue } from './pod-end.ts'

/** @param template of the task, or null for a listing */
export function taskResult(mock: Mock, template: Template | null, isGood: boolean): TaskResult {
  if (!isGood) return { phase: 'Failed', ...(mock.message === undefined ? {} : { message: mock.message }) }
  if (template === null) return { phase: 'Succeeded', keys: mock.keys ?? [] }
  const given = mock.outputs?.parameters ?? {}
  const declared = (template.outputs?.parameters ?? []).filter(
    ({ valueFrom }) => valueFrom?.jsonPath ?? valueFrom?.jqFilter,
  )
  const names = new Set([...declared.map(({ name }) => name), ...Object.keys(given)])
  const parameters = [...names].flatMap((name): Parameter[] => {
    const value = given[name] === undefined ? unmockedValue : given[name]
    return value === null ? [] : [{ name, value: String(value) }]
  })
  const result = mock.result ?? mock.outputs?.result ?? (template.http === undefined ? undefined : unmockedValue)
  const outputs = {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(result === undefined ? {} : { result: String(result) }),
  }
  return { phase: 'Succeeded', ...(Object.keys(outputs).length === 0 ? {} : { outputs }) }
}
