// One line of what was found.

/** Works. */
export const good = (topic, says, why) => ({ mark: "✔", topic, says, ...(why && { why }) });

/** A session would not work like this. `put`: what to write into the protocol. */
export const bad = (topic, says, why, put) => ({ mark: "✖", topic, says, ...(why && { why }), ...(put && { put }) });

/** Not seen, or worth a thought; the session works all the same. */
export const open = (topic, says, why, put) => ({ mark: "?", topic, says, ...(why && { why }), ...(put && { put }) });
