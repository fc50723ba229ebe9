import { followChrome } from "./chrome.ts";
import { askServer, frame, listenToApp, onAppMessage } from "./frame.ts";
import { followLoading } from "./notice.ts";
import { followResourcePicker } from "./resource-picker.ts";
import { followSaveBar } from "./save-bar.ts";
import { followScopes } from "./scopes.ts";
import { followToasts } from "./toast.ts";

onAppMessage("id-token", async () => (await askServer<{ idToken: string }>("id-token")).idToken);
followChrome();
followSaveBar();
followToasts();
followResourcePicker();
followScopes();
followLoading();
listenToApp();
// The address is set by script so that nothing the app says at once can be missed.
frame.src = frame.dataset.src ?? "about:blank";
