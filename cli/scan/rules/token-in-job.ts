import type ts from "typescript";
import { bare, declarationOf, moduleOf, nameOf, walk, type Source } from "../source.ts";

export const TOKEN_KEY = /^(?:access|refresh)_?token$/i;
const QUEUE_PACKAGE =
  /^(?:bull|bullmq|bee-queue|pg-boss|agenda|@hokify\/agenda|graphile-worker|inngest|@trigger\.dev\/sdk.*|@upstash\/qstash|amqplib|kafkajs|@aws-sdk\/client-(?:sqs|sns|lambda)|@google-cloud\/(?:tasks|pubsub)|faktory-worker|resque|node-resque)$/;
/** Of an object that jobs are put into, or of the file that it comes from. */
const QUEUE_NAME = /(?:queues?|jobs?|boss|workers?|tasks?|inngest|agenda|qstash|producer|sqs|bull)$/i;
const PUTS_IN =
  /^(?:add|addBulk|addJob|quickAddJob|send|sendAfter|sendOnce|sendToQueue|sendThrottled|sendDebounced|insert|enqueue\w*|trigger|triggerAndWait|batchTrigger|now|schedule|every|create|createJob|createTask|publish|publishJSON|publishMessage|push|dispatch|perform|invoke)$/;
const PUTS_IN_BY_ITSELF = /^(?:enqueue|addJob|quickAddJob|scheduleJob|dispatchJob|queueJob|triggerTask)\w*$/i;
const JOB = /^(?:job|task|message|msg|event)$/i;
const DEPTH = 5;

/** Tokens in what is put into a queue, and tokens that a job reads from what it was given. */
export function findTokensInJobs(source: Source): void {
  const { ts } = source;
  walk(source, source.file, (node) => {
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && putsInJob(source, node)) {
      const carrier = node.arguments?.find((argument) => carriesToken(source, argument, DEPTH));
      if (carrier) source.report(node, "token-in-job");
    } else if (
      ts.isPropertyAccessExpression(node) &&
      TOKEN_KEY.test(node.name.text) &&
      isJobData(source, node.expression)
    ) {
      source.report(node, "token-in-job");
    } else if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && node.initializer) {
      const names = node.name.elements.map((element) => nameOf(source, element.propertyName ?? element.name) ?? "");
      if (names.some((name) => TOKEN_KEY.test(name)) && isJobData(source, bare(source, node.initializer))) {
        source.report(node, "token-in-job");
      }
    }
  });
}

/** `job.data`, `event.data`, `task.payload`. */
function isJobData({ ts }: Source, node: ts.Expression): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    /^(?:data|payload)$/.test(node.name.text) &&
    ts.isIdentifier(node.expression) &&
    JOB.test(node.expression.text)
  );
}

function putsInJob(source: Source, call: ts.CallExpression | ts.NewExpression): boolean {
  const { ts } = source;
  const called = call.expression;
  if (ts.isIdentifier(called)) {
    const from = moduleOf(source, called) ?? "";
    return ts.isNewExpression(call)
      ? /Command$/.test(called.text) && QUEUE_PACKAGE.test(from)
      : PUTS_IN_BY_ITSELF.test(called.text) || (QUEUE_PACKAGE.test(from) && PUTS_IN.test(called.text));
  }
  if (!ts.isPropertyAccessExpression(called) || !PUTS_IN.test(called.name.text)) return false;
  const receiver = bare(source, called.expression);
  if (ts.isPropertyAccessExpression(receiver))
    return QUEUE_NAME.test(receiver.name.text) || isQueue(source, receiver.expression);
  return isQueue(source, receiver);
}

function isQueue(source: Source, node: ts.Expression): boolean {
  const { ts } = source;
  if (!ts.isIdentifier(node)) return false;
  if (QUEUE_NAME.test(node.text) || QUEUE_PACKAGE.test(moduleOf(source, node) ?? "")) return true;
  const declared = declarationOf(source, node);
  if (!declared || !ts.isVariableDeclaration(declared) || !declared.initializer) return false;
  const made = bare(source, declared.initializer);
  return (
    ts.isNewExpression(made) &&
    ts.isIdentifier(made.expression) &&
    QUEUE_PACKAGE.test(moduleOf(source, made.expression) ?? "")
  );
}

/** Whether a token, or a whole session, is in a value. Follows names to where they are declared. */
function carriesToken(source: Source, given: ts.Expression, depth: number): boolean {
  const { ts } = source;
  if (depth === 0) return false;
  const within = (inner: ts.Expression) => carriesToken(source, inner, depth - 1);
  const node = bare(source, given);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.some((property) => {
      if (ts.isSpreadAssignment(property)) return within(property.expression);
      if (ts.isShorthandPropertyAssignment(property)) return within(property.name);
      if (!ts.isPropertyAssignment(property)) return false;
      return (
        (TOKEN_KEY.test(nameOf(source, property.name) ?? "") && isSomething(source, property.initializer)) ||
        within(property.initializer)
      );
    });
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.some(within);
  if (ts.isPropertyAccessExpression(node))
    return TOKEN_KEY.test(node.name.text) || (node.name.text === "session" && isLibraryAnswer(source, node.expression));
  if (ts.isConditionalExpression(node)) return within(node.whenTrue) || within(node.whenFalse);
  if (ts.isTemplateExpression(node)) return node.templateSpans.some((span) => within(span.expression));
  if (ts.isCallExpression(node)) {
    if (/^(?:JSON\.stringify|Buffer\.from)$/.test(node.expression.getText())) return node.arguments.some(within);
    if (ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      if (name.text === "loadSession") return true;
      // rows.map((row) => ({ data: { token: row.accessToken } }))
      const [mapped] = node.arguments;
      if (name.text === "map" && mapped && (ts.isArrowFunction(mapped) || ts.isFunctionExpression(mapped))) {
        return ts.isBlock(mapped.body) ? returned(source, mapped.body).some(within) : within(mapped.body);
      }
      return name.text === "toString" && within(expression);
    }
    return false;
  }
  if (!ts.isIdentifier(node)) return false;
  if (TOKEN_KEY.test(node.text)) return true;
  const declared = declarationOf(source, node);
  if (declared && ts.isVariableDeclaration(declared) && declared.initializer) return within(declared.initializer);
  if (!declared || !ts.isBindingElement(declared)) return false;
  const name = nameOf(source, declared.propertyName ?? declared.name) ?? "";
  const from = declared.parent.parent;
  return (
    TOKEN_KEY.test(name) ||
    (name === "session" &&
      ts.isVariableDeclaration(from) &&
      !!from.initializer &&
      isLibraryAnswer(source, from.initializer))
  );
}

/** What `authenticate.…(request)` and `unauthenticated.…(shop)` answer: a session is in it. */
function isLibraryAnswer(source: Source, given: ts.Expression): boolean {
  const { ts } = source;
  const node = bare(source, given);
  if (ts.isIdentifier(node)) {
    const declared = declarationOf(source, node);
    return (
      !!declared &&
      ts.isVariableDeclaration(declared) &&
      !!declared.initializer &&
      isLibraryAnswer(source, declared.initializer)
    );
  }
  return ts.isCallExpression(node) && /\b(?:un)?authenticate(?:d)?\.[\w.]+$/.test(node.expression.getText());
}

function isSomething({ ts }: Source, node: ts.Expression): boolean {
  return node.kind !== ts.SyntaxKind.NullKeyword && !(ts.isIdentifier(node) && node.text === "undefined");
}

function returned({ ts }: Source, body: ts.Block): ts.Expression[] {
  return body.statements.flatMap((one) => (ts.isReturnStatement(one) && one.expression ? [one.expression] : []));
}
