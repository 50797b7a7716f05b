/** A node of a `BalancedTree`. `summary` is what the tree's owner keeps about everything below the node, itself included. */
export interface TreeNode<K, V, S> {
  readonly key: K;
  value: V;
  summary: S;
  height: number;
  left: TreeNode<K, V, S> | undefined;
  right: TreeNode<K, V, S> | undefined;
}

type Node<K, V, S> = TreeNode<K, V, S>;

export interface BalancedTreeOptions<K, V, S> {
  readonly compare: (a: K, b: K) => number;
  /** The summary of a node from its own entry and the summaries below it. */
  readonly summarize: (key: K, value: V, left: S | undefined, right: S | undefined) => S;
}

/**
 * An ordered map as an AVL tree: O(log n) for each operation. Each node carries a summary of its subtree, which is what makes it an
 * interval tree in one use and nothing more than an index in another.
 */
export class BalancedTree<K, V, S = undefined> {
  readonly #options: BalancedTreeOptions<K, V, S>;
  #root: Node<K, V, S> | undefined;
  #size = 0;

  constructor(options: BalancedTreeOptions<K, V, S>) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** For walks that prune by summary. */
  get root(): Readonly<Node<K, V, S>> | undefined {
    return this.#root;
  }

  get(key: K): V | undefined {
    let node = this.#root;
    while (node !== undefined) {
      const order = this.#options.compare(key, node.key);
      if (order === 0) return node.value;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  set(key: K, value: V): void {
    this.#root = this.#insert(this.#root, key, value);
  }

  delete(key: K): boolean {
    const before = this.#size;
    this.#root = this.#remove(this.#root, key);
    return this.#size < before;
  }

  /** Values from the first key at or above `begin`, in order, until `visit` returns false. */
  ascend(begin: K, visit: (value: V, key: K) => boolean): void {
    this.#ascend(this.#root, begin, visit);
  }

  #ascend(node: Node<K, V, S> | undefined, begin: K, visit: (value: V, key: K) => boolean): boolean {
    if (node === undefined) return true;
    if (this.#options.compare(node.key, begin) < 0) return this.#ascend(node.right, begin, visit);
    return this.#ascend(node.left, begin, visit) && visit(node.value, node.key) && this.#ascend(node.right, begin, visit);
  }

  #insert(node: Node<K, V, S> | undefined, key: K, value: V): Node<K, V, S> {
    if (node === undefined) {
      this.#size++;
      const summary = this.#options.summarize(key, value, undefined, undefined);
      return { key, value, summary, height: 1, left: undefined, right: undefined };
    }
    const order = this.#options.compare(key, node.key);
    if (order === 0) node.value = value;
    else if (order < 0) node.left = this.#insert(node.left, key, value);
    else node.right = this.#insert(node.right, key, value);
    return this.#balance(node);
  }

  #remove(node: Node<K, V, S> | undefined, key: K): Node<K, V, S> | undefined {
    if (node === undefined) return undefined;
    const order = this.#options.compare(key, node.key);
    if (order < 0) node.left = this.#remove(node.left, key);
    else if (order > 0) node.right = this.#remove(node.right, key);
    else {
      this.#size--;
      if (node.left === undefined) return node.right;
      if (node.right === undefined) return node.left;
      const { first, rest } = this.#takeFirst(node.right);
      first.left = node.left;
      first.right = rest;
      return this.#balance(first);
    }
    return this.#balance(node);
  }

  #takeFirst(node: Node<K, V, S>): { first: Node<K, V, S>; rest: Node<K, V, S> | undefined } {
    if (node.left === undefined) return { first: node, rest: node.right };
    const { first, rest } = this.#takeFirst(node.left);
    node.left = rest;
    return { first, rest: this.#balance(node) };
  }

  #balance(node: Node<K, V, S>): Node<K, V, S> {
    const { left, right } = node;
    const lean = heightOf(left) - heightOf(right);
    if (lean > 1 && left !== undefined) {
      if (heightOf(left.left) < heightOf(left.right)) node.left = this.#rotateLeft(left);
      return this.#rotateRight(node);
    }
    if (lean < -1 && right !== undefined) {
      if (heightOf(right.right) < heightOf(right.left)) node.right = this.#rotateRight(right);
      return this.#rotateLeft(node);
    }
    return this.#refresh(node);
  }

  #rotateLeft(node: Node<K, V, S>): Node<K, V, S> {
    const top = node.right;
    if (top === undefined) return node;
    node.right = top.left;
    top.left = this.#refresh(node);
    return this.#refresh(top);
  }

  #rotateRight(node: Node<K, V, S>): Node<K, V, S> {
    const top = node.left;
    if (top === undefined) return node;
    node.left = top.right;
    top.right = this.#refresh(node);
    return this.#refresh(top);
  }

  #refresh(node: Node<K, V, S>): Node<K, V, S> {
    node.height = 1 + Math.max(heightOf(node.left), heightOf(node.right));
    node.summary = this.#options.summarize(node.key, node.value, node.left?.summary, node.right?.summary);
    return node;
  }
}

function heightOf(node: { readonly height: number } | undefined): number {
  return node?.height ?? 0;
}
