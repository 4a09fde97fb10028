// The three pages of the provider, and what is sent by their forms.

/** No form of ours is longer. */
const LONGEST = 4_096;

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1rem/1.5 system-ui;max-width:24rem;margin:3rem auto;padding:0 1rem}button{display:block;width:100%;margin:.5rem 0;padding:.6rem;text-align:left;font:inherit}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`;
}

/** Everybody, as a button each. Their names are ours, not the browser's. */
export function signIn(people) {
  const buttons = [...people].map(
    ([id, { name, roles }]) => `<button name="person" value="${id}">${name} (${roles.join(", ")})</button>`,
  );
  return page(
    "Who are you?",
    `<p>This provider is for trying things out on this machine: it asks for no password.</p>
<form method="post">${buttons.join("\n")}
<button name="person" value="">Nobody</button></form>`,
  );
}

export function signOut(ctx, form) {
  ctx.body = page(
    "Sign out here too?",
    `<p>Otherwise the next sign-in asks nothing.</p>
${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button form="op.logoutForm">Stay</button>`,
  );
}

export function signedOut(ctx) {
  ctx.body = page("You are signed out", "<p>You can close this page.</p>");
}

/** The fields of a form that was sent. */
export async function form(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LONGEST) throw new Error("a form that is too long");
  }
  return new URLSearchParams(text);
}
