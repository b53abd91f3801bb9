// Events as TensorBoard reads them: protocol buffers of the few fields that a run needs. They are written by hand, since
// swift-protobuf takes 92 s of processor time in a first release build.

import Foundation

/// One event: `tensorflow.Event` of TensorFlow's event.proto, with what summary.proto and histogram.proto put into it.
struct TensorBoardEvent {
    enum Content {
        /// The first event of a file.
        case version
        /// What was read of this step and later ones does not count any more.
        case sessionStart(step: Int)
        /// Numbers of a step, by tag.
        case summary(step: Int, figures: [(tag: String, value: Double)], histograms: [GradientHistogram])
    }

    /// Seconds since 1970.
    let wallTime: Double
    let content: Content

    init(wallTime: Double, _ content: Content) {
        self.wallTime = wallTime
        self.content = content
    }

    var encoded: Data {
        var event = ProtocolBuffer()
        event.add(1, wallTime)
        switch content {
        case .version: event.add(3, "brain.Event:2")
        case .sessionStart(let step):
            event.add(2, step)
            event.add(7, ProtocolBuffer { $0.add(1, 1) })
        case .summary(let step, let figures, let histograms):
            event.add(2, step)
            event.add(
                5,
                ProtocolBuffer { summary in
                    for figure in figures { summary.add(1, Self.value(figure.tag) { $0.add(2, Float(figure.value)) }) }
                    for histogram in histograms {
                        summary.add(
                            1, Self.value("gradients/" + histogram.parameter) { $0.add(5, Self.histogram(histogram)) })
                    }
                })
        }
        return event.bytes
    }

    private static func value(_ tag: String, _ addContent: (inout ProtocolBuffer) -> Void) -> ProtocolBuffer {
        ProtocolBuffer { value in
            value.add(1, tag)
            addContent(&value)
        }
    }

    private static func histogram(_ histogram: GradientHistogram) -> ProtocolBuffer {
        ProtocolBuffer { message in
            message.add(1, histogram.minimum)
            message.add(2, histogram.maximum)
            message.add(3, Double(histogram.counts.reduce(0, +)))
            message.add(4, histogram.sum)
            message.add(5, histogram.sumOfSquares)
            message.add(6, histogram.upperLimits)
            message.add(7, histogram.counts.map(Double.init))
        }
    }
}

/// The fields of a protocol buffer, in the order in which they are added.
struct ProtocolBuffer {
    private(set) var bytes = Data()

    init() {}

    init(_ addFields: (inout ProtocolBuffer) -> Void) { addFields(&self) }

    /// How a field's value is written.
    private enum WireType: Int { case varint = 0, eightBytes = 1, counted = 2, fourBytes = 5 }

    private mutating func begin(_ field: Int, _ type: WireType) { addVarint(UInt64(field << 3 | type.rawValue)) }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    private mutating func addVarint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func add(_ field: Int, counted content: Data) {
        begin(field, .counted)
        addVarint(UInt64(content.count))
        bytes += content
    }

    mutating func add(_ field: Int, _ value: Int) {
        begin(field, .varint)
        addVarint(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: Int, _ value: Double) {
        begin(field, .eightBytes)
        bytes += value.bitPattern.littleEndianBytes
    }

    mutating func add(_ field: Int, _ value: Float) {
        begin(field, .fourBytes)
        bytes += value.bitPattern.littleEndianBytes
    }

    mutating func add(_ field: Int, _ text: String) { add(field, counted: Data(text.utf8)) }

    mutating func add(_ field: Int, _ message: ProtocolBuffer) { add(field, counted: message.bytes) }

    mutating func add(_ field: Int, _ values: [Double]) {
        add(field, counted: values.reduce(into: Data()) { $0 += $1.bitPattern.littleEndianBytes })
    }
}

extension FixedWidthInteger {
    /// The lowest byte first.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
