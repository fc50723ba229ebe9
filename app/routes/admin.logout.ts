import { signOut } from "../operator/console/door/sign-in.server.tsx";

export const loader = signOut;
export const action = signOut;
