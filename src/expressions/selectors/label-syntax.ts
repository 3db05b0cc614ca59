/** What Kubernetes admits as a label's key and value. */
const bytes = (text: string): number => new TextEncoder().encode(text).length
const nameRule = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const nameExamples = "(e.g. 'MyName',  or 'my.name',  or '123-abc'"
const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const valueRule = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const subdomainRule = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'

/** Empty if the key is right. */
export function labelKeyFaults(key: string): readonly string[] {
  const parts = key.split('/')
  const name = parts.at(-1) ?? ''
  if (parts.length > 2) {
    return [
      `a valid label key ${characters} ${nameExamples}, regex used for validation is '${nameRule}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const faults = parts.length === 2 ? prefixFaults(parts[0] ?? '') : []
  if (name === '') faults.push('name part must be non-empty')
  else if (bytes(name) > 63) faults.push('name part must be no more than 63 bytes')
  if (!new RegExp(`^${nameRule}$`).test(name)) {
    faults.push(`name part ${characters} ${nameExamples}, regex used for validation is '${nameRule}')`)
  }
  return faults
}

function prefixFaults(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  const faults: string[] = []
  if (bytes(prefix) > 253) faults.push('prefix part must be no more than 253 bytes')
  if (!new RegExp(`^${subdomainRule}$`).test(prefix)) {
    faults.push(
      `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainRule}')`,
    )
  }
  return faults
}

/** Empty if the value is right. */
export function labelValueFaults(value: string): readonly string[] {
  const faults: string[] = []
  if (bytes(value) > 63) faults.push('must be no more than 63 bytes')
  if (!new RegExp(`^${valueRule}$`).test(value)) {
    faults.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${valueRule}')`,
    )
  }
  return faults
}
