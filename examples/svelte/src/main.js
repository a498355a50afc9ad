import { mount } from "svelte";
import { Session } from "tokenkeep";
import App from "./App.svelte";

// One for the page, outside of all components.
const session = new Session({ baseUrl: "/" });

mount(App, { target: document.getElementById("app"), props: { session } });
