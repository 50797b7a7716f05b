// The measured program for Go's clientv3: the same orders, line by line, as test/bench/measured/orders.ts has them.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"go.etcd.io/etcd/clientv3"
)

const (
	timeDigits     = 20
	firstRevision  = 1 << 28
	slowFor        = 4 * time.Second
	eventsPerPause = 100
)

type order struct {
	Do         string  `json:"do"`
	Endpoint   string  `json:"endpoint"`
	Key        string  `json:"key"`
	Events     int     `json:"events"`
	Touch      bool    `json:"touch"`
	Count      int     `json:"count"`
	SlowKey    string  `json:"slowKey"`
	SlowEvents int     `json:"slowEvents"`
	PauseMs    float64 `json:"pauseMs"`
	FastKey    string  `json:"fastKey"`
	FastEvents int     `json:"fastEvents"`
}

type answer map[string]interface{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func connect(endpoint string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: 5 * time.Second})
	check(err)
	return client
}

// The clock that process.hrtime() reads in Node.
func nowNs() int64 {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func sentNs(value []byte) int64 {
	sent, err := strconv.ParseInt(strings.TrimLeft(string(value[len(value)-timeDigits:]), "0"), 10, 64)
	check(err)
	return sent
}

func cpuMs() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func ms(took time.Duration) float64 { return float64(took) / 1e6 }

var touched byte

func touch(response clientv3.WatchResponse) {
	for _, event := range response.Events {
		touched += event.Kv.Key[0] + event.Kv.Value[0]
	}
}

func throughput(o order) answer {
	client := connect(o.Endpoint)
	defer client.Close()
	var began time.Time
	var cpu float64
	seen := 0
	for response := range client.Watch(context.Background(), o.Key) {
		check(response.Err())
		if seen == 0 {
			began, cpu = time.Now(), cpuMs()
		}
		if o.Touch {
			touch(response)
		}
		if seen += len(response.Events); seen >= o.Events {
			break
		}
	}
	return answer{"ms": ms(time.Since(began)), "cpuMs": cpuMs() - cpu}
}

func latency(o order) answer {
	client := connect(o.Endpoint)
	defer client.Close()
	took := make([]float64, 0, o.Events)
	for response := range client.Watch(context.Background(), o.Key) {
		check(response.Err())
		now := nowNs()
		for _, event := range response.Events {
			took = append(took, float64(now-sentNs(event.Kv.Value))/1e3)
		}
		if len(took) >= o.Events {
			break
		}
	}
	took = took[len(took)/5:]
	sort.Float64s(took)
	return answer{"p50Us": took[len(took)/2], "p99Us": took[len(took)*99/100]}
}

var seenOfMany, firstSentNs int64

func read(channel clientv3.WatchChan) {
	for response := range channel {
		check(response.Err())
		for _, event := range response.Events {
			sent := sentNs(event.Kv.Value)
			for first := atomic.LoadInt64(&firstSentNs); first == 0 || sent < first; first = atomic.LoadInt64(&firstSentNs) {
				if atomic.CompareAndSwapInt64(&firstSentNs, first, sent) {
					break
				}
			}
			atomic.AddInt64(&seenOfMany, 1)
		}
	}
}

// Heap, and stacks: a watch is two goroutines.
func usedBytes() float64 {
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

func watch(o order) answer {
	client := connect(o.Endpoint)
	go read(client.Watch(context.Background(), o.Key))
	before := usedBytes()
	var all sync.WaitGroup
	all.Add(o.Count - 1)
	for index := 1; index < o.Count; index++ {
		go func() {
			channel := client.Watch(context.Background(), o.Key)
			all.Done()
			read(channel)
		}()
	}
	all.Wait()
	return answer{"heapBytesPerWatch": (usedBytes() - before) / float64(o.Count-1)}
}

func awaitEvents(o order) answer {
	for atomic.LoadInt64(&seenOfMany) < int64(o.Count) {
		time.Sleep(100 * time.Microsecond)
	}
	took := float64(nowNs()-atomic.LoadInt64(&firstSentNs)) / 1e6
	atomic.StoreInt64(&seenOfMany, 0)
	atomic.StoreInt64(&firstSentNs, 0)
	return answer{"ms": took}
}

// In bytes: VmRSS now, or VmHWM, the most there ever was.
func resident(field string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	for _, line := range strings.Split(string(status), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == field+":" {
			kib, err := strconv.ParseInt(words[1], 10, 64)
			check(err)
			return kib * 1024
		}
	}
	return 0
}

func slow(o order) answer {
	client := connect(o.Endpoint)
	defer client.Close()
	client.Watch(context.Background(), "idle")
	time.Sleep(300 * time.Millisecond)
	runtime.GC()
	idle := resident("VmRSS")
	var taken int64
	var quick int32
	exact := true
	done := make(chan struct{})
	began := time.Now()
	if o.SlowKey == "" {
		close(done)
	} else {
		go func() {
			for response := range client.Watch(context.Background(), o.SlowKey) {
				check(response.Err())
				count := atomic.AddInt64(&taken, int64(len(response.Events)))
				if response.Events[len(response.Events)-1].Kv.ModRevision != firstRevision+count-1 {
					exact = false
				}
				if count >= int64(o.SlowEvents) {
					break
				}
				if atomic.LoadInt32(&quick) == 0 {
					time.Sleep(time.Duration(o.PauseMs * 1e6 * float64(len(response.Events)) / eventsPerPause))
				}
			}
			close(done)
		}()
	}
	seen := 0
	var fastBegan time.Time
	for response := range client.Watch(context.Background(), o.FastKey) {
		check(response.Err())
		if seen == 0 {
			fastBegan = time.Now()
		}
		if seen += len(response.Events); seen >= o.FastEvents {
			break
		}
	}
	fast := time.Since(fastBegan)
	slowTaken := atomic.LoadInt64(&taken)
	if o.SlowKey != "" {
		time.Sleep(slowFor - time.Since(began))
	}
	pendingPeak := resident("VmHWM")
	atomic.StoreInt32(&quick, 1)
	<-done
	return answer{"fastMs": ms(fast), "idleBytes": idle, "pendingPeakBytes": pendingPeak, "peakBytes": resident("VmHWM"), "slowTaken": slowTaken, "exact": exact}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var o order
		check(json.Unmarshal(lines.Bytes(), &o))
		var result answer
		switch o.Do {
		case "throughput":
			result = throughput(o)
		case "latency":
			result = latency(o)
		case "watch":
			result = watch(o)
		case "await-events":
			result = awaitEvents(o)
		case "slow":
			result = slow(o)
		default:
			return
		}
		text, err := json.Marshal(result)
		check(err)
		fmt.Println(string(text))
	}
}
