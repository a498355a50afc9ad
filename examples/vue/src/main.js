import { Session } from "tokenkeep";
import { createApp } from "vue";
import App from "./App.vue";

// One for the page, outside of all components.
const session = new Session({ baseUrl: "/" });

createApp(App, { session }).mount("#app");
