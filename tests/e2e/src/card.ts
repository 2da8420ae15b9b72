/** An agent.md that says little. */
export const card = (aid: string): string => `---
aid: "${aid}"
name: "A test agent"
type: "assistant"
version: "1.0.0"
description: "Knows nothing, says so"
---

# A test agent
`;
