import { showSignIn, signIn } from "../operator/console/door/sign-in.server.tsx";

export const loader = showSignIn;
export const action = signIn;
